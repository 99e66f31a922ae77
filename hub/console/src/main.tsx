/** Entry of the console: preferences, language, theme, queries, routes. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { RouterProvider } from 'react-router/dom';
import { Providers } from './app/providers.tsx';
import { router } from './app/router.tsx';
import './styles/base.css';
import './styles/shell.css';
import './styles/alarms.css';
import './styles/detail.css';
import './styles/manage.css';
import './styles/pages.css';
import './styles/public.css';

/** After an upgrade of the hub an open page asks for files that are gone: load it anew, but never in a circle. */
const RELOADED = 'linli.reloadedAt';
addEventListener('vite:preloadError', (event) => {
  if (Date.now() - Number(sessionStorage.getItem(RELOADED) ?? 0) < 30_000) return;
  event.preventDefault();
  sessionStorage.setItem(RELOADED, String(Date.now()));
  location.reload();
});

const root = document.getElementById('root');
if (!root) throw new Error('index.html lacks #root');
createRoot(root).render(
  <StrictMode>
    <Providers>
      <RouterProvider router={router} />
    </Providers>
  </StrictMode>,
);
