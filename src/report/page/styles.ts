/** Style sheet of the report page; prints well and needs nothing from outside. */
export const STYLES = `
:root { color-scheme: light; --ink: #1d2733; --soft: #5b6875; --line: #dfe4ea; --good: #00795a; --bad: #b8480b; --paper: #fff; --tint: #f5f7fa; }
* { box-sizing: border-box; }
body { margin: 0; font: 15px/1.5 system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif; color: var(--ink); background: var(--paper); }
main { max-width: 1080px; margin: 0 auto; padding: 28px 24px 64px; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 19px; margin: 40px 0 10px; border-bottom: 1px solid var(--line); padding-bottom: 4px; }
h3 { font-size: 15px; margin: 18px 0 6px; }
p { margin: 6px 0; max-width: 78ch; } .soft { color: var(--soft); } .note { background: #fff6e5; border-left: 4px solid #e8a33d; padding: 8px 12px; margin: 8px 0; }
table { border-collapse: collapse; font-size: 13.5px; margin: 8px 0; } th, td { padding: 4px 10px; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { font-weight: 600; color: var(--soft); } th:first-child, td:first-child { text-align: left; } tbody tr:hover { background: var(--tint); }
.good { color: var(--good); font-weight: 600; } .bad { color: var(--bad); font-weight: 600; }
.charts { display: flex; flex-wrap: wrap; gap: 18px; align-items: flex-start; } figure { margin: 0; max-width: 100%; overflow-x: auto; } figcaption { font-size: 12.5px; color: var(--soft); max-width: 60ch; }
.cards { display: flex; flex-wrap: wrap; gap: 12px; margin: 14px 0; } .card { background: var(--tint); border-radius: 8px; padding: 10px 16px; min-width: 150px; } .card b { display: block; font-size: 20px; } .card span { color: var(--soft); font-size: 12.5px; }
.wide { overflow-x: auto; } .scroll { overflow-x: auto; max-height: 480px; overflow-y: auto; border: 1px solid var(--line); } .scroll thead th { position: sticky; top: 0; background: var(--paper); }
code { background: var(--tint); padding: 1px 5px; border-radius: 4px; font-size: 13px; }
@media print { .scroll { max-height: none; } }
`;
