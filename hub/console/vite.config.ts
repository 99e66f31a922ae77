/** Builds the console into hub/console/dist. No inline scripts and no foreign origins, so a strict CSP holds. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/',
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: false,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1_500,
    // An inlined asset would need `data:` in the CSP for fonts and images alike.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      treeshake: {
        // The vocabulary in core/ carries zod schemas that a browser never runs: building one has no side effect.
        manualPureFunctions: ['z'],
      },
    },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8080' } },
});
