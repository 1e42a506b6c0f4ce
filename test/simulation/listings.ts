import { type UnitFile, unitHash } from "@fleet/core";

import type { KeyHistory, Span } from "./key-history.ts";
import { wishIn } from "./wish.ts";

/** One entry of a listing of the API: what it is about, and whether it was so at some time. */
export interface Told {
  readonly about: string;
  readonly isTrue: (history: KeyHistory, span: Span) => boolean;
}

/** A collection of the API, and what must be in it. */
export interface Listing {
  readonly path: string;
  /** What its entries stand under. */
  readonly under: string;
  readonly read: (entry: Readonly<Record<string, unknown>>) => Told;
  /** All that was there the whole time, as entries tell of it. */
  readonly mustTell: (history: KeyHistory, span: Span) => readonly string[];
}

const withoutFolder = (key: string): string => key.slice(key.indexOf("/") + 1);

const alwaysThere = (history: KeyHistory, folder: string, span: Span): readonly string[] =>
  history.under(folder).filter((key) => history.wasAlwaysThere(key, span));

const UNITS: Listing = {
  path: "units",
  under: "units",
  read: (entry) => {
    const { name, desiredState, machineID, options } = entry as {
      readonly name: string;
      readonly desiredState: string;
      readonly machineID?: string;
      readonly options: UnitFile;
    };
    return {
      about: name,
      isTrue: (history, span) => {
        const hash = unitHash(options);
        const isPlaced =
          machineID === undefined || history.wasThere(`assignments/${name}/${machineID}`, span);
        const isWished = history.during(`units/${name}`, span).some((value) => {
          const wish = wishIn(value);
          return wish?.hash === hash && wish.targetState === desiredState;
        });
        return isPlaced && isWished;
      },
    };
  },
  mustTell: (history, span) => alwaysThere(history, "units/", span).map(withoutFolder),
};

const STATES: Listing = {
  path: "state",
  under: "states",
  read: (entry) => {
    const { name, machineID, systemdActiveState } = entry as Readonly<Record<string, string>>;
    return {
      about: `${name}/${machineID}`,
      isTrue: (history, span) =>
        history.wasThere(`assignments/${name}/${machineID}`, span) &&
        history.during(`states/${machineID}/${name}`, span).some((value) => {
          const { activeState } = JSON.parse(value ?? "{}") as { readonly activeState?: string };
          return activeState === systemdActiveState;
        }),
    };
  },
  mustTell: (history, span) => reported(history, "assignments/", span),
};

const MACHINES: Listing = {
  path: "machines",
  under: "machines",
  read: ({ id }) => ({
    about: String(id),
    isTrue: (history, span) => history.wasThere(`machines/${String(id)}/object`, span),
  }),
  mustTell: (history, span) =>
    alwaysThere(history, "machines/", span)
      .filter((key) => key.endsWith("/object"))
      .map((key) => withoutFolder(key).replace("/object", "")),
};

/** How a unit fares on each of its machines; it has one page. */
const reportsOf = (unit: string): Listing => ({
  path: `reports/${unit}`,
  under: "reports",
  read: ({ machineID }) => ({
    about: `${unit}/${String(machineID)}`,
    isTrue: (history, span) => history.wasThere(`states/${String(machineID)}/${unit}`, span),
  }),
  mustTell: (history, span) => [
    ...reported(history, `assignments/${unit}/`, span),
    ...reported(history, `leaving/${unit}/`, span),
  ],
});

/** `UNIT/MACHINE` below a folder, where the machine said all the time how the unit is. */
function reported(history: KeyHistory, folder: string, span: Span): readonly string[] {
  return alwaysThere(history, folder, span)
    .map(withoutFolder)
    .filter((about) => {
      const [unit = "", machine = ""] = about.split("/");
      return history.wasAlwaysThere(`states/${machine}/${unit}`, span);
    });
}

export const listingsOf = (unit: string): readonly Listing[] => [
  UNITS,
  STATES,
  MACHINES,
  reportsOf(unit),
];

/** What is wrong with a listing that was told as whole; undefined: nothing. */
export function wrongIn(
  { path, mustTell }: Listing,
  told: readonly Told[],
  history: KeyHistory,
  span: Span,
): string | undefined {
  const names = told.map(({ about }) => about);
  const missing = mustTell(history, span).find((about) => !names.includes(about));
  if (missing !== undefined) return `${path} is told as whole, without ${missing}`;
  const twice = names.find((about, at) => names.indexOf(about) !== at);
  if (twice !== undefined) return `${path} tells of ${twice} twice`;
  const untrue = told.find(({ isTrue }) => !isTrue(history, span));
  return untrue && `${path} tells of ${untrue.about} what never was`;
}
