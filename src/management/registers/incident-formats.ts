import { incidentFindingsCsv, incidentHeadCsv, incidentIdleCsv } from './incident-csv.js';
import { incidentFindingsHtml, incidentHeadHtml } from './incident-html.js';
import type { IncidentFindings, IncidentHead, RegisterFormat } from './registers.dto.js';

/** How an incident report is written: what was asked at once, and what was found when all of it is. */
export interface IncidentFormat {
  head(head: IncidentHead): string;
  findings(findings: IncidentFindings, head: IncidentHead): string;
  /** A text that means nothing. */
  readonly idle: string;
}

export const incidentFormats: Readonly<Record<RegisterFormat, IncidentFormat>> = {
  json: {
    head: (head) => `${JSON.stringify(head).slice(0, -1)},`,
    findings: (findings) => `${JSON.stringify(findings).slice(1)}\n`,
    idle: '\n',
  },
  csv: { head: incidentHeadCsv, findings: incidentFindingsCsv, idle: incidentIdleCsv },
  html: { head: incidentHeadHtml, findings: incidentFindingsHtml, idle: '\n' },
};
