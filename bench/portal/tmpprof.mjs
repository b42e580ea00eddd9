import { withBrowser } from "./programs.mjs";
const objects = process.argv[2] ?? "2000", rate = process.argv[3] ?? "5", path=process.argv[4] ?? "/pipelines?ns=storm", sel=process.argv[5] ?? '[data-testid^="row-"]';
await withBrowser({port:"8769",objects,rate,browser:process.env.CHROMIUM ?? "/usr/bin/chromium"}, async ({ browser, url }) => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  let page = await context.newPage();
  await page.goto(url + path);
  await page.getByTestId("persona-admin").click();
  await page.locator(sel).first().waitFor();
  await page.close();
  const sums = new Map(), fns=new Map(), cats=new Map();
  const N=6; let rows=[];
  for (let n=0;n<N;n++){
    page = await context.newPage();
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable");
    await page.addInitScript((sel)=>{const f=()=>{ if(document.querySelector(sel)) requestAnimationFrame(()=>{globalThis.fr=performance.now()}); else requestAnimationFrame(f)}; requestAnimationFrame(f)}, sel);
    if (n>=3) { await session.send("Profiler.enable"); await session.send("Profiler.setSamplingInterval",{interval:200}); await session.send("Profiler.start"); }
    await page.goto(url+path,{waitUntil:"commit"});
    await page.waitForFunction(()=>globalThis.fr);
    if (n<3) {
      const {metrics}=await session.send("Performance.getMetrics"); const of=(x)=>Math.round(metrics.find(m=>m.name===x).value*1000);
      rows.push([Math.round(await page.evaluate(()=>globalThis.fr)), "task",of("TaskDuration"),"script",of("ScriptDuration"),"layout",of("LayoutDuration"),"style",of("RecalcStyleDuration"), "v8compile", of("V8CompileDuration")].join(" "));
    } else {
    const {profile:{nodes,samples,timeDeltas}} = await session.send("Profiler.stop");
    const by=new Map(nodes.map(x=>[x.id,x]));
    samples.forEach((id,i)=>{const c=by.get(id).callFrame; const file=c.url.split("/").at(-1)||"native"; const t=timeDeltas[i]/1000/(N-3);
      sums.set(file,(sums.get(file)??0)+t); const k=`${c.functionName||"?"} ${file}:${c.lineNumber+1}:${c.columnNumber}`; fns.set(k,(fns.get(k)??0)+t);});
    }
    await page.close();
  }
  console.log(rows.join("\n"));
  for (const m of [sums,fns]) { console.log("---"); for (const [k,v] of [...m].sort((a,b)=>b[1]-a[1]).slice(0,32)) console.log(v.toFixed(1).padStart(7),k); }
});
