/** The page's style. No colour stands alone, nothing moves, and what is wide scrolls within its own region. */
export const STYLE = `
:root{color-scheme:light dark;--page:#f4f5f7;--card:#fff;--head:#eceff2;--line:#c9cfd6;--text:#1a1f24;--dim:#525b65;
--good:#13652b;--warn:#854300;--bad:#ab1420;--good-bg:#e5f4e8;--warn-bg:#fdf0dc;--bad-bg:#fde8e8;--link:#0a58a8}
@media (prefers-color-scheme:dark){:root{--page:#121519;--card:#1a1f24;--head:#232a31;--line:#3a434d;--text:#e7eaee;--dim:#a7b0ba;
--good:#79d594;--warn:#f3bd6b;--bad:#ff9a94;--good-bg:#15301d;--warn-bg:#362812;--bad-bg:#3d1a1b;--link:#7fb8f5}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:0.9375rem/1.45 system-ui,"Liberation Sans",sans-serif;overflow-wrap:anywhere}
header,main,footer{max-width:100rem;margin:0 auto;padding:0 1rem}
header{padding-top:1rem}
h1{font-size:1.25rem;margin:0}
h2{font-size:1rem;margin:0 0 .5rem}
p{margin:0}
.dim{color:var(--dim)}
.legend{color:var(--dim);font-size:.8125rem;margin-top:.5rem}
.mono{font-family:ui-monospace,"Liberation Mono",monospace;font-size:.9em}
.state{font-size:1.25rem;font-weight:700;margin:.75rem 0 .25rem;padding:.5rem .75rem;border:1px solid;border-left-width:.5rem;border-radius:.375rem;background:var(--card)}
.good{color:var(--good)}.warn{color:var(--warn)}.bad{color:var(--bad)}.unknown,.idle{color:var(--dim)}
.state.good{background:var(--good-bg)}.state.warn{background:var(--warn-bg)}.state.bad{background:var(--bad-bg)}
.sign{display:inline-block;min-width:1.1em;text-align:center;font-weight:700}
section{background:var(--card);border:1px solid var(--line);border-radius:.375rem;padding:.75rem;margin:.75rem 0}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(13rem,100%),1fr));gap:.75rem;margin:.75rem 0}
.facts>div{background:var(--card);border:1px solid var(--line);border-radius:.375rem;padding:.75rem}
dl{margin:0}dt{font-weight:700}dd{margin:.125rem 0 0}
ul{margin:0;padding:0;list-style:none}
ul>li{padding:.375rem 0;border-top:1px solid var(--line)}ul>li:first-child{border-top:0}
.next{margin-top:.75rem}ol{margin:.5rem 0 0;padding-left:1.5rem}ol>li{padding:.25rem 0}code{font-family:ui-monospace,"Liberation Mono",monospace;font-size:.9em;font-weight:600}
.more{white-space:pre-wrap;margin:.25rem 0 0 1.1em}
.region{overflow:auto;max-height:min(75vh,60rem);border:1px solid var(--line);border-radius:.25rem}
.region:focus-visible,summary:focus-visible{outline:3px solid var(--link);outline-offset:1px}
table{border-collapse:separate;border-spacing:0;width:100%;overflow-wrap:break-word}
th,td{text-align:left;vertical-align:top;padding:.375rem .625rem;border-bottom:1px solid var(--line);background:var(--card)}
tr:last-child>*{border-bottom:0}
.region thead th{position:sticky;top:0;z-index:2;background:var(--head)}
.matrix tbody th{position:sticky;left:0;z-index:1;min-width:13rem;max-width:20rem;font-weight:600;border-right:1px solid var(--line);overflow-wrap:anywhere}
.matrix thead th:first-child{left:0;z-index:3;border-right:1px solid var(--line)}
.matrix thead th{min-width:9.5rem}
.events td{min-width:6.5rem}
th span,td span{display:block}
th span.sign,td span.sign{display:inline-block}
th .dim,td .dim{font-weight:400;font-size:.8125rem}
.nowrap{white-space:nowrap;overflow-wrap:normal}
footer{padding-bottom:2rem;color:var(--dim);font-size:.8125rem}
@media (max-width:40rem){header,main,footer{padding-left:.625rem;padding-right:.625rem}
.region{max-height:80vh}
.matrix tbody th,.matrix thead th:first-child{min-width:0;padding:.375rem 0 0;border-right:0;background:none}
.matrix tbody th{padding:.5rem 0 4.5rem}.matrix tbody td{vertical-align:bottom}
.name{width:calc(100vw - 5rem);margin-right:calc(5rem - 100vw);padding-left:.625rem}
.what{position:absolute;width:1px;height:1px;overflow:hidden}.events td.nowrap{white-space:normal}.events td{min-width:5.75rem}.events td:first-child{min-width:6.75rem}}
@media print{:root{color-scheme:light;--page:#fff;--card:#fff;--head:#fff;--text:#000;--dim:#333;--line:#888}
.region{max-height:none;overflow:visible;border:0}.region thead th,.matrix tbody th{position:static}section,.facts>div{break-inside:avoid-page;border:0;padding:0}
#lost{display:none}}
`;
