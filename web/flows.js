// What Flow Logs say of a packet's way: the records of each network interface that saw it, as lines of the log.

import { h } from "./dom.js";
import { interfaceName } from "./path.js";
import { store } from "./store.js";

const linesOf = ({ NetworkInterfaces: seen }) => seen.reduce((sum, seen) => sum + seen.Records.length, 0);

/// How many records there are, for people.
export function countOf(said) {
  if (said.problem) return "";
  const count = said.FlowLogs.reduce((sum, log) => sum + linesOf(log), 0);
  return count === 1 ? "1 record" : `${count} records`;
}

/// What a flow log is of, by its name.
function resource(id) {
  for (const vpc of store.map.vpcs) {
    if (vpc.id === id) return `VPC ${vpc.name}`;
    for (const subnet of vpc.subnets) if (subnet.id === id) return `subnet ${vpc.name}/${subnet.name}`;
  }
  return id;
}

/// A record in the format of its log.
function line(format, record) {
  const parts = format.split(/\$\{([^}]+)\}/).map((part, at) => {
    if (at % 2 === 0) return part;
    const value = String(record[part] ?? "-");
    return part === "action" ? h("b", { class: value === "REJECT" ? "no" : "ok" }, value) : value;
  });
  return h("li", {}, parts);
}

/// The records of all flow logs.
export function records(said) {
  if (said.problem) return h("p", { class: "dim" }, said.problem);
  if (!said.FlowLogs.length) return h("p", { class: "dim" }, said.Explanation);
  return said.FlowLogs.map(({ FlowLog: log, NetworkInterfaces: seen, Deliveries: deliveries }) => h("div", { class: "records", "data-key": log.FlowLogId },
    h("p", {}, h("b", {}, log.FlowLogId), h("span", { class: "dim" }, ` of ${resource(log.ResourceId)}, traffic ${log.TrafficType}, windows of ${log.MaxAggregationInterval} s`)),
    h("p", { class: "line dim" }, log.LogFormat.replaceAll(/\$\{([^}]+)\}/g, "$1")),
    seen.map(({ NetworkInterfaceId: id, Records: list }) => [
      h("p", {}, h("b", {}, interfaceName(id))),
      list.length ? h("ul", { class: "lines" }, list.map((record) => line(log.LogFormat, record))) : h("p", { class: "dim" }, "no record"),
    ]),
    seen.length ? null : h("p", { class: "dim" }, "It has no record of this packet."),
    deliveries?.length ? h("p", { class: "dim" }, `AWS would deliver ${deliveries.length === 1 ? "it" : "them"} at ${[...new Set(deliveries.map(({ At: at }) => at.slice(11, 19)))].join(" and ")} UTC.`) : null));
}
