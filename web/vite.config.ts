import { defineConfig } from "vite";

// The node serves the page with `default-src 'self'`: nothing may be inlined as a data: address or an inline script.
export default defineConfig({
  base: "/",
  esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none" },
  build: {
    target: "es2022",
    outDir: "dist",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { host: "127.0.0.1", proxy: { "/api": process.env["MESHZERO_URL"] ?? "http://127.0.0.1:8765" } },
});
