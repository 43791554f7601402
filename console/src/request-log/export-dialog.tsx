import {
  Alert,
  Button,
  Code,
  Group,
  Modal,
  Progress,
  SegmentedControl,
  Stack,
  Text,
} from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { counted } from '../parts/counted.js';
import { onlyByItsButtons } from '../parts/dialog-end.js';
import { ProblemAlert } from '../parts/states.js';
import { callCountsQuery, type CallFilter, type LogOwner } from './calls.js';
import { exportCalls, type ExportFormat } from './export-calls.js';

/** Takes what is looked at home as a file, and shows how far that is. */
export function ExportDialog({
  owner,
  filter,
  opened,
  onClose,
}: {
  owner: LogOwner;
  filter: CallFilter;
  opened: boolean;
  onClose: () => void;
}) {
  const [format, setFormat] = useState<ExportFormat>('csv');
  const [rows, setRows] = useState(0);
  const stopping = useRef<AbortController>(null);
  const counts = useQuery({ ...callCountsQuery(owner, filter), enabled: opened });
  const taking = useMutation({
    mutationFn: () => {
      setRows(0);
      stopping.current = new AbortController();
      const { signal } = stopping.current;
      return exportCalls(owner, filter, format, { signal, onProgress: setRows });
    },
  });
  // Whoever goes elsewhere has stopped it.
  useEffect(() => () => stopping.current?.abort(), []);
  const close = () => {
    stopping.current?.abort();
    taking.reset();
    onClose();
  };
  const expected = counts.data?.calls ?? 0;
  const wasStopped = stopping.current?.signal.aborted === true;
  return (
    <Modal
      opened={opened}
      onClose={close}
      title="Export these calls"
      size="lg"
      {...(taking.isPending && onlyByItsButtons)}
    >
      <Stack>
        <Text>
          {counts.data
            ? `${counts.data.estimated ? 'About ' : ''}${counted(expected, 'call matches', 'calls match')} the filters now.`
            : 'All calls that match the filters.'}{' '}
          The export is on record in the audit trail.
        </Text>
        <SegmentedControl
          aria-label="Format"
          data={[
            { value: 'csv', label: 'CSV' },
            { value: 'ndjson', label: 'JSON lines (NDJSON)' },
          ]}
          value={format}
          disabled={taking.isPending}
          onChange={(chosen) => setFormat(chosen as ExportFormat)}
        />
        {taking.isPending && (
          <>
            <Progress
              value={expected === 0 ? 100 : Math.min((rows / expected) * 100, 100)}
              aria-label="How much has come"
            />
            <Text fz="sm" role="status">
              {counted(rows, 'call', 'calls')} so far
            </Text>
          </>
        )}
        {taking.error && !wasStopped && (
          <ProblemAlert error={taking.error} title="The export did not come to its end" />
        )}
        {taking.data && (
          <Alert
            color="green"
            title={`${counted(taking.data.rows ?? rows, 'call is', 'calls are')} saved`}
          >
            {taking.data.sha256 !== null && (
              <Text fz="sm">
                SHA-256 of the file <Code>{taking.data.sha256}</Code>
              </Text>
            )}
          </Alert>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {taking.isPending ? 'Stop' : 'Close'}
          </Button>
          <Button
            variant={taking.data ? 'default' : 'filled'}
            loading={taking.isPending}
            onClick={() => taking.mutate()}
          >
            {taking.data ? 'Export again' : 'Export'}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
