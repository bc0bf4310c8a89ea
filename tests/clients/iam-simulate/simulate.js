// Reads simulations as a JSON list from standard input, and prints the result of each as a JSON list.
import { readFileSync } from "node:fs";
import { runSimulation, runUnsafeSimulation } from "@cloud-copilot/iam-simulate";

const options = { simulationMode: "Strict" };

// The one takes any condition key, and policies of identities alone; the other all policies, but keys alone that the action has.
async function simulate(simulation) {
  if (!simulation.vpcEndpointPolicies && !simulation.resourcePolicy) return runUnsafeSimulation(simulation, options);
  const { resultType, overallResult, result, errors } = await runSimulation(simulation, options);
  if (resultType !== "single") return JSON.stringify(errors ?? resultType);
  const ignored = result.ignoredContextKeys ?? [];
  return ignored.length > 0 ? `ignores ${ignored}` : overallResult;
}

const results = [];
for (const simulation of JSON.parse(readFileSync(0, "utf8"))) results.push(await simulate(simulation));
console.log(JSON.stringify(results));
