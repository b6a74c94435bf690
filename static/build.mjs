// Bundles static/ts into static/dist: `npm run build`, or `npm run watch` while developing.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { context } from "esbuild";

const entries = {
  session: "static/ts/session.ts",
  patient: "static/ts/patient.ts",
  compare: "static/ts/compare.ts",
  coded: "static/ts/coded.ts",
  reliability: "static/ts/reliability.ts",
  queue: "static/ts/queue.ts",
  import: "static/ts/import/main.ts",
  capture: "static/ts/capture/main.ts",
};

// What the live guidance loads: `make install` adds MediaPipe's model from the Python package.
const vision = "static/dist/vision";
const wasm = "node_modules/@mediapipe/tasks-vision/wasm";

mkdirSync(vision, { recursive: true });
for (const name of readdirSync("static/dist")) {
  if (name !== "vision") rmSync(`static/dist/${name}`, { recursive: true });
}
for (const name of readdirSync(wasm)) {
  cpSync(`${wasm}/${name}`, `${vision}/${name}`);
  // Ten megabytes, and phones load them over the air: the server sends these where it may.
  writeFileSync(`${vision}/${name}.gz`, gzipSync(readFileSync(`${wasm}/${name}`)));
}

const shared = {
  bundle: true,
  target: ["es2020", "safari14"],
  minify: !process.argv.includes("--watch"),
  sourcemap: true,
  legalComments: "linked",
  logLevel: "info",
};
const bundles = await Promise.all([
  context({
    ...shared,
    entryPoints: entries,
    outdir: "static/dist",
    format: "esm",
    splitting: true,
    chunkNames: "[name]-[hash]",
  }),
  // MediaPipe's loader calls importScripts, which only a classic worker has.
  context({
    ...shared,
    entryPoints: { worker: "static/ts/capture/guide/worker.ts" },
    outdir: vision,
    format: "iife",
  }),
]);

for (const bundle of bundles) {
  if (process.argv.includes("--watch")) {
    await bundle.watch();
  } else {
    await bundle.rebuild();
    await bundle.dispose();
  }
}
