/** Shows what the hub pushed to this browser, and opens its page on a touch. Runs also when no page is open. */
self.addEventListener('push', (event) => {
  const { id, title, text, link, severity } = event.data?.json() ?? {};
  event.waitUntil(
    self.registration.showNotification(title ?? '邻里', {
      body: text,
      tag: id,
      icon: '/favicon.svg',
      requireInteraction: severity === 'critical',
      data: { link },
    }),
  );
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow(event.notification.data?.link ?? '/alarms'));
});
