// Attendance: enrol a folder of staff photos, then decide on a folder of selfies.
//
//   node dist/examples/attendance.js enrol staff/       staff/anna.jpg, or staff/anna/1.jpg
//   node dist/examples/attendance.js identify selfies/  a JSON line for each selfie
//
// The service is at FACESVC_SERVER, else 127.0.0.1:50051; COLLECTION and SKIP_LIVENESS=1 may be set.
import { readdirSync, readFileSync } from "node:fs";
import { basename, extname, join, sep } from "node:path";
import {
  CheckInResponse_Decision,
  connect,
  EnrollRequest_Mode,
  type Facesvc,
  failureOf,
  type Rejection,
  Rejection_Reason,
} from "../src/index.js";

const SUFFIXES = new Set([".jpg", ".jpeg", ".png", ".webp"]);
const collection = process.env.COLLECTION ?? "";
const skipLiveness = process.env.SKIP_LIVENESS === "1";

async function main([command, folder]: string[]): Promise<number> {
  if (!folder || (command !== "enrol" && command !== "identify")) {
    console.error("usage: attendance enrol|identify FOLDER");
    return 2;
  }
  const service = connect(process.env.FACESVC_SERVER ?? "127.0.0.1:50051");
  return command === "enrol" ? enrol(service, folder) : identify(service, folder);
}

/** Store every photo. A person's first one replaces what was known, the others are added. */
async function enrol({ gallery }: Facesvc, folder: string): Promise<number> {
  const photos = photosBelow(folder);
  const known = new Set<string>();
  let enrolled = 0;
  for (const photo of photos) {
    const [first = photo, ...inside] = photo.split(sep);
    const userId = inside.length ? first : basename(photo, extname(photo));
    try {
      const answer = await gallery.enroll({
        userId,
        name: userId.replaceAll("_", " "),
        source: { case: "image", value: readFileSync(join(folder, photo)) },
        collection,
        mode: known.has(userId) ? EnrollRequest_Mode.ADD : EnrollRequest_Mode.REPLACE,
      });
      if (answer.success) {
        known.add(userId);
        enrolled++;
      } else {
        console.error(`${photo}: ${reasonsOf(answer.rejections).join(", ")}`);
      }
    } catch (error) {
      const { reason, message } = failureOf(error);
      console.error(`${photo}: ${reason} ${message}`);
    }
  }
  console.log(`${enrolled} of ${photos.length} photos enrolled, ${known.size} people`);
  return enrolled === photos.length && enrolled > 0 ? 0 : 3;
}

/** Write a decision for each selfie. */
async function identify({ gallery }: Facesvc, folder: string): Promise<number> {
  let failed = false;
  for (const photo of photosBelow(folder)) {
    const start = performance.now();
    let event: object;
    try {
      const answer = await gallery.checkIn({
        source: { case: "image", value: readFileSync(join(folder, photo)) },
        collection,
        skipLiveness,
      });
      const { userId, name, similarity } = answer.match ?? {};
      const decision = CheckInResponse_Decision[answer.decision];
      event = { decision, userId, name, similarity, reasons: reasonsOf(answer.reasons) };
    } catch (error) {
      const { reason, message } = failureOf(error);
      event = { decision: "ERROR", reasons: [reason], message };
      failed = true;
    }
    const tookMs = Math.round(performance.now() - start);
    console.log(JSON.stringify({ event: basename(photo), ...event, tookMs }));
  }
  return failed ? 3 : 0;
}

function photosBelow(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.filter((name) => SUFFIXES.has(extname(name).toLowerCase())).sort();
}

function reasonsOf(rejections: Rejection[]): string[] {
  return rejections.map((each) => Rejection_Reason[each.reason]);
}

process.exitCode = await main(process.argv.slice(2));
