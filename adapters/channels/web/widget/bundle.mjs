// node bundle.mjs <folder>: bundles the widget into the folder and prints the names of the files.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const folder = process.argv[2];
const { version } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));

const cssAsText = {
  name: "css-as-text",
  setup(build) {
    build.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await esbuild.transform(readFileSync(path, "utf8"), {
        loader: "css",
        minify: true,
        target: "es2022",
      });
      // The minifier keeps a space that custom properties do not need.
      return { contents: code.trim().replace(/(--[\w-]+): /g, "$1:"), loader: "text" };
    });
  },
};

async function bundle(entry, format, define = {}) {
  const { outputFiles } = await esbuild.build({
    absWorkingDir: here,
    entryPoints: [`src/${entry}.ts`],
    bundle: true,
    write: false,
    minify: true,
    format,
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    plugins: [cssAsText],
    define,
  });
  return Buffer.from(outputFiles[0].contents);
}

function write(name, content) {
  writeFileSync(join(folder, name), content);
  const brotli = brotliCompressSync(content, {
    params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length },
  });
  writeFileSync(join(folder, `${name}.br`), brotli);
  return name;
}

const panel = await bundle("panel", "esm");
const hash = createHash("sha256").update(panel).digest("hex").slice(0, 10);
const panelFile = `panel.${hash}.js`;
const define = { PANEL_FILE: JSON.stringify(panelFile), VERSION: JSON.stringify(version) };
const names = [
  write("w.js", await bundle("loader", "iife", define)),
  write("page.js", await bundle("page", "esm", define)),
  write(panelFile, panel),
];
process.stdout.write(`${names.join("\n")}\n`);
