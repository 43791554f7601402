import {
  Button,
  Card,
  FileInput,
  Group,
  Loader,
  Radio,
  SimpleGrid,
  Stack,
  Text,
  Textarea,
  TextInput,
  Title,
} from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { counted } from '../parts/counted.js';
import { PageButton } from '../parts/links.js';
import { PageHead } from '../parts/page-head.js';
import { Nothing, ProblemAlert } from '../parts/states.js';
import { isOperator, useVisitor } from '../session/session.js';
import { useQuery } from '@tanstack/react-query';
import { routesQuery } from './services.js';
import { useImport, useImportPreview, type ImportAsked } from './import.js';
import { ImportReportView } from './import-report.js';

const types = '.json,.yaml,.yml,application/json,application/yaml';

/** A document becomes a service's routes: first it is shown what that changes, then it is done. */
export function ImportPage() {
  const { name } = useParams({ from: '/inside/installation/services/$name/import' });
  const navigate = useNavigate();
  const preview = useImportPreview(name);
  const imports = useImport(name);
  const routes = useQuery(routesQuery(name));
  const shown = preview.data;
  if (!isOperator(useVisitor()))
    return (
      <Nothing isPage title="You may not import routes">
        An auditor reads everything and changes nothing. Ask whoever runs the installation.
      </Nothing>
    );
  const isNothing =
    shown !== undefined &&
    [
      shown.report.addedRoutes,
      shown.report.removedRoutes,
      shown.report.changedRoutes,
      shown.report.newScopes,
    ].every((list) => list.length === 0);
  return (
    <>
      <PageHead
        title={`Import OpenAPI into ${name}`}
        actions={
          <PageButton to="/installation/services/$name" params={{ name }} variant="default">
            Back to {name}
          </PageButton>
        }
      >
        The operations of an OpenAPI 3 document become the routes of the service, in the place of
        those it has. Nothing is changed until you have seen what would be.
      </PageHead>
      <Stack gap="lg">
        <DocumentForm
          isBusy={preview.isPending}
          onShow={(asked) => {
            imports.reset();
            preview.mutate(asked);
          }}
          onChange={() => preview.reset()}
        />
        <div aria-live="polite">
          {preview.isPending && (
            <Group>
              <Loader size="sm" aria-label="Reading the document" />
              <Text>The document is read, and held against the routes there are…</Text>
            </Group>
          )}
          {preview.error && (
            <ProblemAlert error={preview.error} title="This document cannot be imported" />
          )}
        </div>
        {shown && (
          <Card withBorder>
            <Stack>
              <Title order={2} fz="h4">
                What would change
              </Title>
              <ImportReportView report={shown.report} before={routes.data ?? []} />
              {imports.error && <ProblemAlert error={imports.error} title="Nothing was imported" />}
              <Group justify="flex-end">
                <Button
                  disabled={isNothing}
                  loading={imports.isPending}
                  onClick={() =>
                    imports.mutate(shown, {
                      onSuccess: ({ routes }) => {
                        notifications.show({
                          title: `${name} is as the document says`,
                          message: `It has ${counted(routes.length, 'route')}.`,
                        });
                        void navigate({ to: '/installation/services/$name', params: { name } });
                      },
                    })
                  }
                >
                  Import
                </Button>
              </Group>
            </Stack>
          </Card>
        )}
      </Stack>
    </>
  );
}

function DocumentForm({
  isBusy,
  onShow,
  onChange,
}: {
  isBusy: boolean;
  onShow: (asked: ImportAsked) => void;
  /** What was shown is of another document. */
  onChange: () => void;
}) {
  const [file, setFile] = useState<File | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const [scopePrefix, setScopePrefix] = useState('');
  const [unsecured, setUnsecured] = useState<ImportAsked['unsecured']>('any_key');
  // Not kept with each letter that is typed: it may be half a megabyte.
  const pasted = useRef<HTMLTextAreaElement>(null);
  const show = async () => {
    try {
      const text = file === null ? (pasted.current?.value ?? '') : await file.text();
      if (text.trim() === '') setFault('Choose a file, or paste the document.');
      else onShow({ text, scopePrefix: scopePrefix.trim(), unsecured });
    } catch {
      setFault('The file cannot be read. If it was changed since, choose it again.');
    }
  };
  const changed = () => {
    setFault(null);
    onChange();
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void show();
      }}
    >
      <Stack maw={860}>
        <FileInput
          label="File"
          description="JSON or YAML"
          placeholder="Choose a file"
          accept={types}
          clearable
          value={file}
          onChange={(chosen) => {
            setFile(chosen);
            changed();
          }}
          error={fault}
        />
        {file === null && (
          <Textarea
            ref={pasted}
            label="Or paste it"
            rows={8}
            spellCheck={false}
            autoComplete="off"
            styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
            onChange={changed}
          />
        )}
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <TextInput
            label="Before every scope"
            description="So that two services cannot mean each other’s scopes"
            placeholder="crm."
            maxLength={64}
            value={scopePrefix}
            onChange={(event) => {
              setScopePrefix(event.currentTarget.value);
              changed();
            }}
          />
          <Radio.Group
            label="Operations that say nothing of security are open to"
            value={unsecured}
            onChange={(chosen) => {
              setUnsecured(chosen as ImportAsked['unsecured']);
              changed();
            }}
          >
            <Stack gap="xs" mt="xs">
              <Radio value="any_key" label="any valid key" />
              <Radio value="public" label="anybody, without a key" />
            </Stack>
          </Radio.Group>
        </SimpleGrid>
        <Group justify="flex-end">
          <Button type="submit" loading={isBusy}>
            Show what would change
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
