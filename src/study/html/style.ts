// The look of a report's page: light and dark, wide and narrow, and on paper.

const light = `
--page:#f7f7f5;--card:#fff;--text:#1b1f27;--muted:#5c6470;--line:#e3e4e1;--grid:#ecedea;--accent:#4338ca;--soft:#eef0fd;
--good:#0f766e;--quiet:#8a919c;
--series-0:#0d7f76;--series-1:#2563eb;--series-2:#7c3aed;--series-3:#c026a3;--series-4:#dc2626;--series-5:#d2720a;
--series-6:#5f8f10;--series-7:#475569;`;

const dark = `
--page:#0e1116;--card:#161b22;--text:#e6e9ee;--muted:#9aa4b2;--line:#2a313b;--grid:#232a33;--accent:#a5b4fc;--soft:#1e2440;
--good:#5eead4;--quiet:#7b8594;
--series-0:#2dd4bf;--series-1:#60a5fa;--series-2:#a78bfa;--series-3:#f472d0;--series-4:#f87171;--series-5:#fbb040;
--series-6:#a3d94f;--series-7:#cbd5e1;`;

const swatches = Array.from({ length: 8 }, (_, index) => `.series-${index}{color:var(--series-${index})}`).join('');

/** The style sheet, but for uPlot's own. */
export const pageStyle: string = `
:root{color-scheme:light dark;${light}}
@media (prefers-color-scheme:dark){:root:not([data-paper]){${dark}}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
-webkit-text-size-adjust:100%}
main{max-width:1180px;margin:0 auto;padding:48px 28px 72px}
h1{font-size:clamp(28px,4.4vw,42px);line-height:1.12;letter-spacing:-.022em;margin:6px 0 14px;font-weight:700;text-wrap:balance}
h2{font-size:22px;letter-spacing:-.012em;margin:56px 0 6px}
h3{font-size:18px;letter-spacing:-.008em;margin:0 0 4px}
h4{font-size:13px;font-weight:600;color:var(--muted);margin:0 0 6px}
p{margin:0 0 10px;max-width:74ch;text-wrap:pretty}
.over{color:var(--accent);font-size:13px;font-weight:650;letter-spacing:.07em;text-transform:uppercase;margin:0}
.lead{font-size:18px;color:var(--muted)}
.quiet-text{color:var(--muted)}
code{font:.9em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:5px 18px;margin:22px 0 0;font-size:14px;padding:16px 20px;
background:var(--card);border:1px solid var(--line);border-radius:12px}
.facts dt{color:var(--muted)}.facts dd{margin:0;min-width:0;overflow-wrap:anywhere}
.advice{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,330px),1fr));gap:16px;margin-top:18px}
.card,figure{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:20px 22px;min-width:0}
.card{display:flex;flex-direction:column}
.card .goal{color:var(--accent);font-size:13px;font-weight:600;margin:0}
.card .where{color:var(--muted);font-size:13px;margin:0 0 8px}
.card .size{font-size:38px;line-height:1.1;font-weight:700;letter-spacing:-.03em;margin:2px 0 8px;font-variant-numeric:tabular-nums}
.card .size small{font-size:15px;font-weight:500;letter-spacing:0;color:var(--muted)}
.card table{font-size:13px}
.card details{margin-top:auto;border:0;padding:8px 0 0;border-radius:0;border-top:1px solid var(--line);background:none}
.card summary{font-size:13px;font-weight:500;color:var(--muted)}
.card tr.chosen td{background:var(--soft);font-weight:600}
figure{margin:18px 0 0}
figure>p{color:var(--muted);font-size:15px}
figcaption{color:var(--muted);font-size:12px;margin-top:12px;padding-top:10px;border-top:1px solid var(--line)}
figcaption code{color:var(--text)}
.choices,.legend{display:flex;flex-wrap:wrap;gap:6px}
.choices:empty{display:none}.choices{margin:10px 0 4px}
.choices button,.legend button{font:inherit;color:inherit;background:none;border:1px solid transparent;cursor:pointer;border-radius:999px;padding:3px 11px;font-size:13px}
.choices span{color:var(--accent);font-size:13px;font-weight:600}
.choices button{border-color:var(--line)}
.choices button[aria-pressed=true]{background:var(--soft);border-color:var(--accent);color:var(--accent);font-weight:600}
.legend{margin-top:8px;font-size:13px}.legend span{padding:4px 11px;color:var(--muted)}
.legend button{padding-left:8px}.legend button:hover,.choices button:hover{border-color:var(--muted)}
.legend button[aria-pressed=false]{opacity:.45;text-decoration:line-through}
button:focus-visible{outline:2px solid var(--accent);outline-offset:1px}
.panels{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:18px 26px;margin-top:14px}
.panel{min-width:0}.plot{min-width:0}
h4:empty{display:none}
.swatch{display:inline-block;width:18px;height:0;border-top:2.5px solid;margin-right:7px;vertical-align:middle;position:relative}
.swatch.dashed{border-top-style:dashed;border-top-width:2px}.swatch.dotted{border-top-style:dotted}
.swatch.dots{border-top-color:transparent}
.swatch.points::after,.swatch.dots::after{content:"";position:absolute;left:5px;top:-6px;width:6px;height:6px;border:1.5px solid;border-radius:50%;background:var(--card)}
.swatch.quiet{color:var(--quiet)}${swatches}
.values{position:absolute;top:8px;z-index:9;pointer-events:none;background:var(--card);border:1px solid var(--line);border-radius:9px;
box-shadow:0 6px 22px rgb(0 0 0/.16);padding:8px 11px;font-size:12px;line-height:1.45;width:max-content;max-width:none}
.values[hidden]{display:none}
.values p{margin:0 0 3px;font-weight:650}
.values table{border-collapse:collapse}.values td{padding:1px 0 1px 10px;border:0;font-variant-numeric:tabular-nums}
.values td:first-child{padding-left:0;color:var(--text)}.values td:nth-child(2){text-align:right;font-weight:600;white-space:nowrap}
.values td:nth-child(3){color:var(--muted);white-space:nowrap}
.u-hz .u-cursor-x{border-right:1px solid var(--quiet)}
.scroll{overflow-x:auto;margin-top:12px}
table{border-collapse:collapse;font-size:13.5px;width:100%;font-variant-numeric:tabular-nums}
th{font-weight:600;color:var(--muted);font-size:12px}
th,td{padding:6px 10px;border-bottom:1px solid var(--line);text-align:left;white-space:nowrap;vertical-align:top}
.number{text-align:right}
td.text:last-child{white-space:normal;min-width:34ch}
tr.setting td{padding-top:18px;font-weight:600;white-space:normal}
details{margin-top:14px;background:var(--card);border:1px solid var(--line);border-radius:12px;padding:12px 18px}
summary{cursor:pointer;font-weight:600}
.notes{padding-left:20px;max-width:78ch;margin:8px 0 0}.notes li{margin:5px 0}
.card.wide{margin-top:16px;display:block}
footer{margin-top:64px;padding-top:18px;border-top:1px solid var(--line);color:var(--muted);font-size:13px}
@media (max-width:640px){
main{padding:28px 14px 48px}
.card,figure{padding:16px 14px}
.facts{grid-template-columns:1fr;gap:0;padding:14px}.facts dd{margin-bottom:8px}
h2{margin-top:44px}.values td:nth-child(3){display:none}
}
[data-paper] body{background:#fff}
[data-paper] main{max-width:none;width:700px;margin:0;padding:0}
[data-paper] .panels{grid-template-columns:repeat(auto-fit,minmax(310px,1fr));gap:14px}
@media print{
:root{color-scheme:light;${light}--page:#fff}
@page{margin:12mm}
body{background:#fff;font-size:13px;-webkit-print-color-adjust:exact;print-color-adjust:exact}
h1{font-size:28px}h2{margin-top:28px;break-after:avoid}
.card,figure,.panel,tr{break-inside:avoid}
.card,figure{padding:14px 16px}
.choices button[aria-pressed=false],.values{display:none}
.scroll{overflow:visible}table{font-size:10px}th,td{padding:3px 5px;white-space:normal}th{font-size:9.5px}
details::details-content{content-visibility:visible;block-size:auto}
}
`;
