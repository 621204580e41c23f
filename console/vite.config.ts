import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [svelte()],
  build: {
    target: "es2022",
    // Images stay files: the policy that the gateway sends allows scripts and styles from files only.
    assetsInlineLimit: 0,
    rollupOptions: { input: ["index.html", "docs.html"] },
    chunkSizeWarningLimit: 2000, // Swagger UI, for the API page alone
  },
});
