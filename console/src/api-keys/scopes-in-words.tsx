import { Stack, Text } from '@mantine/core';
import { Hint } from '../parts/hint.js';
import { wordsOf } from './scope-words.js';

/** @param shown how many of a kind are told before the rest is only counted */
export function ScopesInWords({
  scopes,
  shown = 2,
}: {
  scopes: readonly string[];
  shown?: number;
}) {
  if (scopes.length === 0)
    return (
      <Text fz="sm" c="dimmed">
        no scopes
      </Text>
    );
  return (
    <Stack gap={2}>
      {wordsOf(scopes).map(({ word, subjects }) => {
        const rest = subjects.slice(shown);
        return (
          <Text key={word} fz="sm" component="div" className="breakable">
            <Text span inherit c="dimmed">
              {word}
            </Text>{' '}
            {subjects.slice(0, shown).join(', ')}
            {rest.length > 0 && (
              <>
                {' '}
                <Hint label={`${rest.slice(0, 40).join(', ')}${rest.length > 40 ? ', …' : ''}`}>
                  <Text span inherit c="dimmed">
                    and {rest.length} more
                  </Text>
                </Hint>
              </>
            )}
          </Text>
        );
      })}
    </Stack>
  );
}
