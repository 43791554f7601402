import { Alert, Button, Stack, Text } from '@mantine/core';
import { isOvertaken } from '../api/change-as-seen.js';
import { ProblemAlert } from './states.js';

/** Why nothing was saved; where somebody else was faster, with a way to see what it is now. */
export function SaveProblem({
  error,
  title,
  onLookAgain,
}: {
  error: Error;
  title: string;
  /** Lets go of what was typed, and shows it as it is now. */
  onLookAgain: () => void;
}) {
  if (!isOvertaken(error)) return <ProblemAlert error={error} title={title} />;
  return (
    <Alert color="yellow" role="alert" title="Somebody changed it meanwhile">
      <Stack gap="xs" align="flex-start">
        <Text fz="sm">Nothing was saved. Look at it as it is now, and change that.</Text>
        <Button variant="default" size="xs" onClick={onLookAgain}>
          Look again
        </Button>
      </Stack>
    </Alert>
  );
}
