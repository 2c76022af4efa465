import value from 'of-a-layer';

export const layered = async () => value;
