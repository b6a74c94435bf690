// The limits that the server uses, for tests.
import quality from "../../../../diagnosis/quality.json";
import type { Rules } from "./advice";

export const RULES: Rules = { thresholds: quality.thresholds, live: quality.live };
