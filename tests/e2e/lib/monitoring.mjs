// The expressions in packaging/monitoring. YAML is read as far as rules.yml uses it: one key a line, and `>-` with
// lines that are further right.

export function rule_expressions(text) {
  const found = [];
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const [, indent, value] = lines[at].match(/^(\s+)expr: (.+)$/) ?? [];
    if (value === undefined) continue;
    if (value !== '>-') {
      found.push(value);
      continue;
    }
    const folded = [];
    while (lines[at + 1]?.startsWith(`${indent}  `)) folded.push(lines[++at].trim());
    found.push(folded.join(' '));
  }
  return found;
}

export function dashboard_expressions(dashboard) {
  const panels = dashboard.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
  return [...panels.flatMap((panel) => (panel.targets ?? []).map(({ expr }) => expr)), ...dashboard.annotations.list.map(({ expr }) => expr)];
}
