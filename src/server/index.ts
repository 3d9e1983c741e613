// Placeholder.
export const server = 'blockfeed/server';
