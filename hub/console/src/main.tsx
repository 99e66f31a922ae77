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
import './styles/pages.css';
import './styles/public.css';

const root = document.getElementById('root');
if (!root) throw new Error('index.html lacks #root');
createRoot(root).render(
  <StrictMode>
    <Providers>
      <RouterProvider router={router} />
    </Providers>
  </StrictMode>,
);
