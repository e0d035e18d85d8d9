/** Colours of methods, readable on light and dark ground. */
const SERIES = ['#4678d8', '#dd7a2c', '#2f9d6d', '#b04fa0', '#c2a02c', '#7d6bd0', '#3fa3b8', '#c85a5f'];

/** The whole style of a report: system fonts, light or dark as the reader has it. */
export const REPORT_STYLE = `
:root{color-scheme:light dark;--ground:#fbfbfa;--card:#fff;--ink:#1d2126;--soft:#5d6670;--rule:#e3e5e8;--best:#eaf1ff}
@media (prefers-color-scheme:dark){:root{--ground:#14171a;--card:#1b1f23;--ink:#e6e9ec;--soft:#9aa4ae;--rule:#30363c;--best:#1f2f4d}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:1240px;margin:0 auto;padding:36px 28px 64px}
h1{font-size:28px;line-height:1.2;margin:0 0 6px;letter-spacing:-.01em}
h2{font-size:19px;margin:44px 0 4px}
h3{font-size:14px;margin:0 0 8px;font-weight:600}
p{margin:4px 0 12px;color:var(--soft);max-width:78ch}
p.headline{color:var(--ink);font-size:17px;margin:14px 0 8px}
.facts{display:flex;flex-wrap:wrap;gap:10px 36px;margin:20px 0 8px;padding:0;list-style:none}
.facts b{display:block;font-size:21px;font-variant-numeric:tabular-nums;line-height:1.25}
.facts span{color:var(--soft);font-size:13px}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,440px),1fr));gap:18px;margin-top:12px}
.card{background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:16px 18px 12px;min-width:0}
.card p{font-size:13px;margin:6px 0 0}
.cards+h3{margin-top:20px}
.wide{overflow-x:auto;background:var(--card);border:1px solid var(--rule);border-radius:8px;margin-top:12px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:14px}
th,td{padding:8px 12px;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap;vertical-align:top}
tbody tr:last-child>*{border-bottom:0}
th:first-child{text-align:left;position:sticky;left:0;background:var(--card)}
thead th{color:var(--soft);font-weight:500;font-size:13px;white-space:normal;vertical-align:bottom}
tbody th{font-weight:600}
.text{text-align:left;white-space:normal;min-width:130px}
.settings{min-width:250px;overflow-wrap:anywhere}
td small{display:block;color:var(--soft);font-size:11.5px}
td.best{background:var(--best);font-weight:600}
td.best small{font-weight:400}
.dot{display:inline-block;width:10px;height:10px;border-radius:3px;margin-right:8px}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;font-size:13px;color:var(--soft);margin:0 0 8px}
.legend .dash{display:inline-block;width:18px;border-top:2px dashed var(--soft);vertical-align:middle;margin-right:8px}
svg{display:block;width:100%;max-width:520px;height:auto;font:12.5px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}
svg text{fill:var(--ink)}
svg .tick,svg .note{fill:var(--soft)}
svg .tick,svg .note{font-size:11.5px}
svg .value{font-variant-numeric:tabular-nums}
svg .grid{stroke:var(--rule)}
svg .axis{stroke:var(--soft)}
svg .whisker{stroke:var(--ink);stroke-width:1.3;fill:none;opacity:.75}
svg .line{fill:none;stroke-width:2.2;stroke-linejoin:round}
svg .dashed{stroke-dasharray:5 4;stroke:var(--soft);stroke-width:1.6}
svg .mark{stroke:var(--card);stroke-width:1.5}
dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 14px;margin:12px 0 0;font-size:13px;max-width:92ch}
dt{font-weight:600}
dd{margin:0;color:var(--soft)}
details{margin-top:12px}
summary{cursor:pointer;color:var(--soft)}
footer{margin-top:48px;color:var(--soft);font-size:13px;border-top:1px solid var(--rule);padding-top:14px}
${SERIES.map((colour, at) => `.c${at}{background:${colour};fill:${colour}}svg .s${at}{stroke:${colour}}`).join('\n')}
@media (max-width:600px){main{padding:22px 14px 40px}.card{padding:12px 12px 10px}th,td{padding:7px 9px}.pair{white-space:normal;min-width:110px}dl{grid-template-columns:1fr}dt{margin-top:4px}}
@media print{body{background:#fff}.card,.wide{break-inside:avoid}}
`;
