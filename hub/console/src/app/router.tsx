/** Every address of the console. Pages load when they are first opened; public pages load nothing of the console. */
import { createBrowserRouter, redirect } from 'react-router';
import { ErrorPage, Loading } from './error-page.tsx';

export const router = createBrowserRouter([
  {
    ErrorBoundary: ErrorPage,
    HydrateFallback: Loading,
    children: [
      { path: '/', loader: () => redirect('/alarms') },
      { path: '/report/:communityId', lazy: () => import('../public/report-page.tsx') },
      { path: '/r/:token', lazy: () => import('../public/progress-page.tsx') },
      { path: '/board/:communityId', lazy: () => import('../public/board-page.tsx') },
      {
        lazy: () => import('./themed.tsx'),
        children: [
          { path: '/login', lazy: () => import('./login-page.tsx') },
          {
            lazy: () => import('./layout.tsx'),
            children: [
              { path: '/alarms/history', lazy: () => import('../alarms/history-page.tsx') },
              { path: '/alarms/:id?', lazy: () => import('../alarms/alarms-page.tsx') },
              { path: '/devices/:id/calibration', lazy: () => import('../camera/setup-page.tsx') },
              { path: '/devices/:id?', lazy: () => import('../devices/devices-page.tsx') },
              { path: '/gateways', lazy: () => import('../gateways/gateways-page.tsx') },
              { path: '/tickets/:id?', lazy: () => import('../tickets/tickets-page.tsx') },
              { path: '/handover', lazy: () => import('../handover/handover-page.tsx') },
              { path: '/kpis', lazy: () => import('../kpis/kpis-page.tsx') },
              { path: '/rules', lazy: () => import('../rules/rules-page.tsx') },
              { path: '/notify', lazy: () => import('../notify/notify-page.tsx') },
              { path: '/policies', lazy: () => import('../admin/policies-page.tsx') },
              { path: '/board-notices', lazy: () => import('../admin/board-notices-page.tsx') },
              { path: '/users', lazy: () => import('../admin/users-page.tsx') },
              { path: '/audit', lazy: () => import('../admin/audit-page.tsx') },
            ],
          },
        ],
      },
      { path: '*', Component: ErrorPage },
    ],
  },
]);
