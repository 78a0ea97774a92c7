// Svelte.
import { compile } from "svelte/compiler";
import { version } from "../node_modules/svelte/package.json";
import { plain } from "../diagnosis.js";

const RUNES = { on: true, off: false };

export default {
  language: "svelte",
  engine: "svelte",
  versions: [version],

  compile(source, options) {
    const styles = options.part === "styles";
    const result = compile(source, {
      name: options.name,
      generate: options.generate,
      css: styles ? "external" : options.css ?? "injected",
      dev: options.dev,
      runes: RUNES[options.runes],
      customElement: options.custom_element,
      namespace: options.namespace,
      fragments: options.fragments,
      preserveComments: options.preserve_comments,
      preserveWhitespace: options.preserve_whitespace,
      discloseVersion: options.disclose_version,
      compatibility: { componentApi: options.component_api },
      experimental: { async: options.experimental_async },
    });
    const { code, map } = (styles ? result.css : result.js) ?? { code: "" };
    const sourceMap = options.source_map && map && JSON.stringify({ ...map, sources: ["input.svelte"] });
    return { output: code, sourceMap, warnings: result.warnings.map(diagnostic) };
  },

  diagnose: (error) => (typeof error?.position?.[0] === "number" ? diagnostic(error) : plain(error)),

  samples: [
    [
      `<script>
  import A from "./A.svelte";
  let { items = [], ...rest } = $props();
  let n = $state(0);
  const twice = $derived(n * 2);
  $effect(() => console.log(n));
</script>

<svelte:head><title>{n}</title></svelte:head>
{#each items as item, i (item.id)}
  <A bind:n {...rest} class={[item.c]}>{item.name}</A>
{:else}
  <p>none</p>
{/each}
{#if n > 1}<button onclick={() => n++} style:color={twice}>{n}</button>{:else}{@html n}{/if}
{#snippet s(x)}<i>{x}</i>{/snippet}
{@render s(1)}
<input bind:value={n} />

<style>
  p { color: red }
  .unused > a { b: c }
</style>
`,
    ],
    [
      "<script>\n  export let a = 1;\n  $: b = a * 2;\n</script>\n<p on:click>{b}</p>\n",
      { generate: "server", source_map: true, dev: true },
    ],
    [
      '<script lang="ts">\n  let a: number = 1;\n</script>\n{#await a then b}{b}{/await}\n<style>p{a:b}</style>',
      { part: "styles" },
    ],
    ["<p>{#if}</p>\n"],
    ["<script>\n  let a = ;\n</script>\n"],
  ],
};

// Lines count from 1 and columns from 0. A message goes on with a link in its
// second line.
function diagnostic({ message, code, start, end }) {
  const [line, endLine] = [start?.line, end?.line];
  return { message, code, line, column: start?.column + 1, endLine, endColumn: end?.column + 1 };
}
