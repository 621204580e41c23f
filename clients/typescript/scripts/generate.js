// Generate the service's messages and clients into src/gen, from the descriptors of the gateway: no
// protoc is needed, and the contract is the one that is served.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  CodeGeneratorRequestSchema,
  CodeGeneratorResponseSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const plugin = join(root, "node_modules", "@bufbuild", "protoc-gen-es", "bin", "protoc-gen-es");
const set = readFileSync(join(root, "..", "..", "gateway", "facesvc.pb"));
const protoFile = fromBinary(FileDescriptorSetSchema, set).file;
const input = toBinary(
  CodeGeneratorRequestSchema,
  create(CodeGeneratorRequestSchema, {
    protoFile,
    parameter: "target=ts,import_extension=js",
    fileToGenerate: protoFile.map((f) => f.name).filter((n) => !n.startsWith("google/protobuf/")),
  }),
);
const run = spawnSync(process.execPath, [plugin], { input, maxBuffer: 2 ** 26 });
if (run.status !== 0) throw new Error(`protoc-gen-es: ${run.stderr}`);
const answer = fromBinary(CodeGeneratorResponseSchema, run.stdout);
if (answer.error) throw new Error(`protoc-gen-es: ${answer.error}`);

rmSync(join(root, "src", "gen"), { recursive: true, force: true });
for (const file of answer.file) {
  const path = join(root, "src", "gen", file.name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, file.content);
}
