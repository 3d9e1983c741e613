import asyncio, json, sys
import websockets

async def main(server="ws://127.0.0.1:8080"):
    async with websockets.connect(f"{server}/feeds/user?size=5") as socket:
        async for lines in socket:  # a block of 5 users
            block = [json.loads(line) for line in lines.rstrip("\n").split("\n")]
            print([(message["offset"], message["data"]["name"]) for message in block], flush=True)

asyncio.run(main(*sys.argv[1:]))
