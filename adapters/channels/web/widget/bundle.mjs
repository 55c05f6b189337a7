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
      // The minifier keeps spaces that custom properties and functions do not need.
      const contents = code.trim().replace(/(--[\w-]+): /g, "$1:").replaceAll(", ", ",");
      return { contents, loader: "text" };
    });
  },
};

// Names of properties that nothing outside the panel's own file has: they may become short ones.
const INTERNAL = new RegExp(
  `^(${[
    ...["again", "askAgain", "challenged", "changed", "connect", "connection", "cursorIsLost"],
    ...["ended", "entries", "extras", "follow", "forgetSession", "isOn", "isShown", "keepAs", "loadExtras"],
    ...["opened", "refused", "restsAfter", "seek", "stopButton"],
  ].join("|")})$`,
);

// What the launcher's file and the part that watches call by the same short names.
const SHARED = { isOpen: "i", keptAs: "k", launcher: "l", options: "o", showState: "s", suffix: "x" };
const WIDGET = new RegExp(`^(${Object.keys(SHARED).join("|")})$`);

function shortened(entry) {
  if (entry === "panel") return { mangleProps: INTERNAL };
  if (/^(loader|esm|watch)$/.test(entry)) return { mangleProps: WIDGET, mangleCache: SHARED };
  return {};
}

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
    ...shortened(entry),
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

// A name that says what is in the file: it may be kept for ever.
async function writeNamed(entry, define) {
  const content = await bundle(entry, "esm", define);
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 10);
  return write(`${entry}.${hash}.js`, content);
}

// What the panel loads on demand, by the name it has in the sources.
const define = { VERSION: JSON.stringify(version) };
const names = [];
for (const part of ["form", "more", "write", "list", "panel", "frame", "watch"]) {
  const name = await writeNamed(part, define);
  define[`${part.toUpperCase()}_FILE`] = JSON.stringify(name);
  names.push(name);
}
names.unshift(
  write("w.js", await bundle("loader", "iife", define)),
  write("esm.js", await bundle("esm", "esm", define)),
  write("page.js", await bundle("page", "esm", define)),
);
process.stdout.write(`${names.join("\n")}\n`);
