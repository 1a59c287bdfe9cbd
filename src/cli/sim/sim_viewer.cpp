#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "cli/json.h"
#include "cli/sim/sim_report.h"

namespace syncline::cli {
namespace {

using crdt::Any;

constexpr std::size_t kMaxShown = 40'000;  // as many as a browser can display

constexpr std::string_view kHead = R"(<!doctype html><meta charset="utf-8">
<title>syncline sim</title>
<style>
body{margin:0;height:100vh;display:flex;flex-direction:column;font:13px/1.4 system-ui,sans-serif;background:#fff;color:#222}
header{padding:10px 16px;border-bottom:1px solid #ddd}
h1{font-size:15px;margin:0 0 4px}#bad{color:#b00020;font-weight:600}
#bar{padding:6px 16px;border-bottom:1px solid #ddd}label{margin-right:12px}
main{display:flex;flex:1;min-height:0}#map,#log{min-width:0;overflow:auto}#map{flex:3}#log{flex:2;border-left:1px solid #ddd}
svg{display:block}#names{position:sticky;top:0;background:#fff;border-bottom:1px solid #ddd}
table{border-collapse:collapse;font:12px ui-monospace,monospace}td{padding:1px 8px;white-space:nowrap;vertical-align:top}td:last-child{white-space:normal;overflow-wrap:anywhere}
tr.fault td{background:#fde7e9}tr.process td{background:#fff4e0}tr.broken td{background:#b00020;color:#fff}
tr.on td{outline:2px solid #3367d6}
text{font:11px ui-monospace,monospace;fill:#444}
@media(prefers-color-scheme:dark){body,#names{background:#161616;color:#ddd}text{fill:#aaa}tr.fault td{background:#4a1c22}tr.process td{background:#46361a}}
</style>
<header><h1 id="title"></h1><div id="plan"></div><div id="bad"></div></header>
<div id="bar"></div><main><div id="map"></div><div id="log"><table id="rows"></table></div></main>
<script>const run=)";

constexpr std::string_view kTail = R"(;
const kinds=['fault','process','connect','message','edit','ack','disk','check'];
const colours={fault:'#d93025',process:'#e37400',connect:'#8430ce',message:'#9aa0a6',edit:'#188038',ack:'#1a73e8',disk:'#795548',check:'#b00020'};
const on=new Set(kinds.filter(k=>k!='message'&&k!='disk'));
const $=id=>document.getElementById(id);
$('title').textContent='seed '+run.seed+(run.recorded>run.events.length?' (the last '+run.events.length+' of '+run.recorded+' events)':'');
$('plan').textContent=run.plan;$('bad').textContent=run.violation;
const lanes=[...new Set(run.events.flatMap(e=>[e[2],e[3]]).filter(Boolean))]
  .sort((a,b)=>(a=='server'?-1:b=='server'?1:a.localeCompare(b,undefined,{numeric:true})));
const x=new Map(lanes.map((l,i)=>[l,70+i*90]));
for(const k of kinds){const l=document.createElement('label'),c=document.createElement('input');
  c.type='checkbox';c.checked=on.has(k);c.onchange=()=>{c.checked?on.add(k):on.delete(k);draw()};
  l.append(c,' '+k);$('bar').append(l)}
function draw(){
  const shown=run.events.filter(e=>on.has(kinds[e[1]])).slice(-4000),ns='http://www.w3.org/2000/svg';
  const rows=document.createDocumentFragment();
  const make=(n,a,t)=>{const e=document.createElementNS(ns,n);for(const k in a)e.setAttribute(k,a[k]);if(t)e.textContent=t;return e};
  const width=90+lanes.length*90,height=20+shown.length*14;
  const names=make('svg',{id:'names',width,height:22}),svg=make('svg',{width,height});
  const add=(n,a,t)=>{const e=make(n,a,t);svg.append(e);return e};
  for(const l of lanes){names.append(make('text',{x:x.get(l),y:15,'text-anchor':'middle'},l));add('line',{x1:x.get(l),x2:x.get(l),y1:0,y2:height,stroke:'#ccc'})}
  let last='';
  shown.forEach((e,i)=>{const y=12+i*14,k=kinds[e[1]],t=(e[0]/1e6).toFixed(3);
    if(t.slice(0,-2)!=last){last=t.slice(0,-2);add('text',{x:2,y:y+4},t)}
    const a=x.get(e[2]),b=e[3]?x.get(e[3]):a;
    if(a!=b)add('line',{x1:a,x2:b,y1:y,y2:y,stroke:colours[k]});
    const dot=add('circle',{cx:b,cy:y,r:k=='fault'||k=='check'?6:4,fill:colours[k]});
    dot.append(make('title',{},t+' '+k+' '+e[2]+' '+e[4]));
    const tr=document.createElement('tr');tr.className=e[2]=='oracle'?'broken':k;
    for(const c of [t,e[2]+(e[3]?' → '+e[3]:''),e[4]]){const td=document.createElement('td');td.textContent=c;tr.append(td)}
    dot.onclick=()=>{document.querySelector('tr.on')?.classList.remove('on');tr.classList.add('on');tr.scrollIntoView({block:'center'})};
    rows.append(tr)});
  $('map').replaceChildren(names,svg);$('rows').replaceChildren(rows)}
draw();$('log').scrollTop=$('map').scrollTop=1e9;
</script>
)";

// Escapes JSON so that nothing in it can end the script.
std::string script_safe(std::string json) {
  for (std::size_t at = 0; (at = json.find("</", at)) != std::string::npos; at += 3)
    json.replace(at, 2, "<\\/");
  return json;
}

}  // namespace

std::string viewer_page(const sim::Plan& plan, const sim::RunResult& result) {
  Any::Array events;
  const std::size_t from = result.trace.size() - std::min(result.trace.size(), kMaxShown);
  for (std::size_t i = from; i < result.trace.size(); ++i) {
    const sim::TraceEntry& entry = result.trace[i];
    events.push_back(Any(Any::Array{json_number(entry.time_us),
                                    json_number(static_cast<std::uint64_t>(entry.kind)),
                                    Any(entry.who), Any(entry.to), Any(entry.text)}));
  }
  const std::string violation =
      result.violation ? result.violation->invariant + ": " + result.violation->what : "";
  return std::string(kHead)
      .append(
          script_safe(compact_json(Any(Any::Object{{"seed", Any(std::to_string(plan.seed))},
                                                   {"plan", Any(sim::describe(plan))},
                                                   {"violation", Any(violation)},
                                                   {"recorded", json_number(result.trace.size())},
                                                   {"events", Any(std::move(events))}}))))
      .append(kTail);
}

}  // namespace syncline::cli
