// Bundles static/ts into static/dist: `npm run build`, or `npm run watch` while developing.
import { rmSync } from "node:fs";
import { context } from "esbuild";

const entries = {
  session: "static/ts/session.ts",
  patient: "static/ts/patient.ts",
  capture: "static/ts/capture/main.ts",
};

rmSync("static/dist", { recursive: true, force: true });
const bundle = await context({
  entryPoints: entries,
  outdir: "static/dist",
  bundle: true,
  format: "esm",
  splitting: true,
  chunkNames: "[name]-[hash]",
  target: ["es2020", "safari14"],
  minify: !process.argv.includes("--watch"),
  sourcemap: true,
  legalComments: "linked",
  logLevel: "info",
});

if (process.argv.includes("--watch")) {
  await bundle.watch();
} else {
  await bundle.rebuild();
  await bundle.dispose();
}
