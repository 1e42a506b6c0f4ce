import type { Service } from "./service.ts";

/**
 * Answers SIGHUP: `reload`, with systemd told of its beginning and its end. Reloads go one after the
 * other, and one that waits serves for all who ask meanwhile.
 */
export function reloadingService(service: Service, reload: () => Promise<void>): () => void {
  let last: Promise<void> = Promise.resolve();
  let isWaiting = false;
  const reloadAfter = async (before: Promise<void>): Promise<void> => {
    await before;
    await service.reloading();
    isWaiting = false;
    await reload();
    await service.ready();
  };
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    last = reloadAfter(last);
  };
}
