// Prints the result of every audit as JSON: node run.mjs URL
import { auditServer } from 'graphql-http';

const results = await auditServer({ url: process.argv[2] });
const told = await Promise.all(
  results.map(async ({ id, name, status, reason, response }) => ({
    id,
    name,
    status,
    reason: reason ?? null,
    http: response ? response.status : null,
  })),
);
console.log(JSON.stringify(told));
