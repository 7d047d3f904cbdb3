// Bundle the panel: `node build.mjs [folder]`. SOURCES, a hash that bundle.py sets, goes into the first line.
import { build } from "esbuild";

const here = new URL(".", import.meta.url).pathname.replace(/^\/([A-Za-z]:)/, "$1");
const folder = process.argv[2] ?? "../automl_magic/notebook/static";
const banner = `/* sources ${process.env.SOURCES ?? "unknown"} */`;
const shared = { bundle: true, minify: true, target: "es2021", absWorkingDir: decodeURI(here), logLevel: "warning", banner: { js: banner, css: banner } };

await build({ ...shared, entryPoints: { panel: "src/live.ts", editor: "src/editor.ts", race: "src/race.ts" }, format: "esm", outdir: folder, legalComments: "none" });
await build({ ...shared, entryPoints: { panel: "src/theme.css" }, outdir: folder, legalComments: "none" });
