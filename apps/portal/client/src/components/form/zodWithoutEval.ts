import { config } from "zod";

// The server's Content-Security-Policy forbids code made from strings, which Zod would probe for.
// It has to know before the first schema is made, so this module is imported before any that makes one.
config({ jitless: true });
