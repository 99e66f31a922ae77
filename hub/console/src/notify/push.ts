/** Asks this browser for an address that the hub may push to (Web Push, RFC 8030). */

/** Throws with `unsupported` where a browser has no push; the browser's own error where the person refuses. */
export async function subscribeBrowser(publicKey: string, unsupported: string): Promise<string> {
  if (!('serviceWorker' in navigator) || !('PushManager' in window)) throw new Error(unsupported);
  const registration = await navigator.serviceWorker.register('/push-worker.js');
  await navigator.serviceWorker.ready;
  const subscription = await registration.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: publicKey,
  });
  const { endpoint, keys, expirationTime } = subscription.toJSON();
  return JSON.stringify({ endpoint, keys, expirationTime: expirationTime ?? null });
}
