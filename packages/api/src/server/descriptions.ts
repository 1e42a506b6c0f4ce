import { jsonAnswer } from "./answer.ts";
import { discoveryText } from "./discovery-document.ts";
import { openApiText } from "./openapi.ts";
import type { Serves } from "./routes.ts";

/** What the API says of itself: to Google's client generators and to OpenAPI's. Neither asks the registry. */
export function descriptionRoutes(
  version: string,
  root: string,
): Serves<"getDiscovery" | "getOpenApi"> {
  const discovery = jsonAnswer(200, discoveryText());
  const openApi = jsonAnswer(200, openApiText(version, root));
  return { getDiscovery: () => discovery, getOpenApi: () => openApi };
}
