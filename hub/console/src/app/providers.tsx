/** What every page stands on. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ApiError } from '../api/client.ts';
import { I18nProvider } from '../i18n/i18n.tsx';
import { PreferencesProvider } from './preferences.tsx';

const client = new QueryClient({
  defaultOptions: {
    queries: {
      // A refusal does not become an approval by asking again.
      retry: (count, error) => count < 2 && !(error instanceof ApiError && error.status >= 400 && error.status < 500),
      refetchOnWindowFocus: true,
    },
  },
});

export function Providers({ children }: { children: ReactNode }) {
  return (
    <PreferencesProvider>
      <I18nProvider>
        <QueryClientProvider client={client}>{children}</QueryClientProvider>
      </I18nProvider>
    </PreferencesProvider>
  );
}
