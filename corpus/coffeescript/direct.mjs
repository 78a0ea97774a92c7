// CoffeeScript called directly, by the main file of each package.
import coffee2 from "coffeescript";
import coffee1 from "coffee-script";

export default function compile({ source, options, version }) {
  const coffee = version.startsWith("1") ? coffee1 : coffee2;
  try {
    if (options.source_map) return { output: coffee.compile(source, { ...options, sourceMap: true }).js };
    return { output: coffee.compile(source, options) };
  } catch (error) {
    const { first_line: line, first_column: column } = error.location ?? {};
    return { error: error.location ? { line: line + 1, column: column + 1 } : {} };
  }
}
