// One colour for each person, wherever the page shows him: in the list of who is here, at his caret, and in the history.
//
// The colour is a function of who it is, so every window shows the same one without asking anybody. The key is the id of the
// principal if it is known (`user.id` in the presence, `principal` in the history), and else the name that a guest gave himself.
// How: the 32-bit FNV-1a hash of the key in UTF-8 chooses one of 36 hues, ten degrees apart. Saturation is 60 %, and the
// lightness is the highest one, in steps of 1 % down from 52 %, at which white letters have a contrast of 4.5:1 (WCAG 2).

const kHues = 36;
const kSaturation = 0.6;
const kContrast = 4.5;

export function hash_of(key: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(key)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

function channels(hue: number, lightness: number): number[] {
  const most = kSaturation * Math.min(lightness, 1 - lightness);
  return [0, 8, 4].map((offset) => {
    const at = (offset + hue / 30) % 12;
    return lightness - most * Math.max(-1, Math.min(at - 3, 9 - at, 1));
  });
}

/** Of white on this colour; both in sRGB. */
function contrast(rgb: number[]): number {
  const [r, g, b] = rgb.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 1.05 / (0.2126 * r! + 0.7152 * g! + 0.0722 * b! + 0.05);
}

const kTable = Array.from({ length: kHues }, (_, index) => {
  let lightness = 0.52;
  while (contrast(channels(index * 10, lightness)) < kContrast) lightness -= 0.01;
  return '#' + channels(index * 10, lightness).map((c) => Math.round(c * 255).toString(16).padStart(2, '0')).join('');
});

export function color_of(key: string): string {
  return kTable[hash_of(key) % kHues]!;
}
