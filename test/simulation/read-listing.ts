import { askApi } from "./ask-api.ts";
import { type Listing, type Told, wrongIn } from "./listings.ts";
import type { PeopleOptions } from "./people.ts";
import type { SimulatedMachine } from "./simulated-machine.ts";

const never = new AbortController().signal;
const PAGES_MAX = 20;
/** Between two pages. */
const PAUSE_MS_MAX = 50;

type Entry = Readonly<Record<string, unknown>>;

interface Page extends Entry {
  readonly nextPageToken?: string;
}

/**
 * Reads all pages of a listing, and holds it to what etcd had meanwhile; false: there was no answer, and
 * none is promised.
 */
export async function readListing(
  listing: Listing,
  machine: SimulatedMachine,
  options: PeopleOptions,
): Promise<boolean> {
  const { etcd, history, clock, random, broken } = options;
  const from = etcd.revision;
  const told: Told[] = [];
  let query = "";
  for (let page = 1; page <= PAGES_MAX; page += 1) {
    const outcome = await askApi(machine, options, `GET ${listing.path}${query}`);
    if (typeof outcome === "string") return false;
    const isNone = outcome.status === 404;
    if (outcome.status !== 200 && !isNone) return false;
    const answer = (isNone ? {} : JSON.parse(outcome.body)) as Page;
    const entries = (answer[listing.under] ?? []) as readonly Entry[];
    told.push(...entries.map((entry) => listing.read(entry)));
    if (answer.nextPageToken === undefined) {
      const wrong = wrongIn(listing, told, history, { from, to: etcd.revision });
      if (wrong !== undefined) broken(`${machine.id}: ${wrong}`);
      return true;
    }
    query = `?nextPageToken=${encodeURIComponent(answer.nextPageToken)}`;
    await clock.sleep(random.between(0, PAUSE_MS_MAX), never);
  }
  broken(`${listing.path} has more than ${PAGES_MAX} pages`);
  return true;
}
