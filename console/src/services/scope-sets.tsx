import { Badge, Code, Stack, Text } from '@mantine/core';
import type { Route } from './services.js';

/** What opens a route, in words: any one of the sets, each of them whole. */
export function ScopeSets({ route }: { route: Pick<Route, 'scopeSets' | 'public'> }) {
  if (route.public)
    return (
      <Badge variant="light" color="orange" tt="none">
        anybody, without a key
      </Badge>
    );
  if (route.scopeSets.length === 0)
    return (
      <Badge variant="light" color="gray" tt="none">
        any valid key
      </Badge>
    );
  return (
    <Stack gap={2}>
      {route.scopeSets.map((set, at) => (
        <Text key={set.join(' ')} fz="sm" component="div">
          {at > 0 && 'or '}
          {set.map((scope, place) => (
            <span key={scope}>
              {place > 0 && ' and '}
              <Code>{scope}</Code>
            </span>
          ))}
        </Text>
      ))}
    </Stack>
  );
}
