import { expect, test } from "vitest";
import { nameOf, userOf } from "./names";
import { matches } from "./search";

const ZOE = { userId: "z-7", name: "Zoë Krüger", metadata: { department: "Engineering", badge: 42 } };

test.each(["zoe", "KRÜGER", "z-7", "engineering", "zoe 42", ""])("%s finds the person", (wanted) => {
  expect(matches(ZOE, wanted)).toBe(true);
});

test.each(["zoe sales", "43", "krüger z-8"])("%s does not", (wanted) => {
  expect(matches(ZOE, wanted)).toBe(false);
});

test("a photo belongs to the folder it is in, or is a person of its own", () => {
  expect(userOf("staff/anna/1.jpg")).toBe("anna");
  expect(userOf("staff/berlin/anna/1.jpg")).toBe("anna");
  expect(userOf("staff/ben.v2.jpg")).toBe("ben.v2");
  expect(nameOf("anna_karina-smith")).toBe("Anna Karina Smith");
});
