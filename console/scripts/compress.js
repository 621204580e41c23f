// Put x.br beside every file x of the build, and fail when the console weighs more than it may.
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";

const MAX_CONSOLE_BYTES = 300 * 1024;
const dist = join(dirname(dirname(fileURLToPath(import.meta.url))), "dist");

let total = 0;
for (const name of readdirSync(dist, { recursive: true })) {
  const path = join(dist, name);
  if (!statSync(path).isFile() || name.endsWith(".br")) continue;
  let bytes = statSync(path).size;
  if (!/\.(woff2|png)$/.test(name)) {
    const small = brotliCompressSync(readFileSync(path), {
      params: { [constants.BROTLI_PARAM_QUALITY]: 9 },
    });
    writeFileSync(path + ".br", small);
    bytes = small.length;
  }
  if (!/(^|\/)(docs|swagger-ui)[-.]/.test(name)) total += bytes;
}
console.log(`console: ${Math.ceil(total / 1024)} KiB compressed`);
if (total > MAX_CONSOLE_BYTES) throw new Error(`The console has ${total} bytes, more than ${MAX_CONSOLE_BYTES}`);
