// Browserslist without a disk. What it finds by looking around - configuration,
// statistics of one's own, packages of queries - is not there, and the data of
// "supports ..." queries, which it would load when asked, is loaded already.
import browserslist from "browserslist";
import BrowserslistError from "browserslist/error.js";
import host from "browserslist/node.js";
import { feature, features } from "caniuse-lite";

host.loadConfig = browserslist.loadConfig = host.getStat = () => undefined;

host.loadFeature = (known, name) => {
  if (known[name]) return;
  if (!Object.hasOwn(features, name)) throw new BrowserslistError(`Unknown feature name \`${name}\`.`);
  known[name] = feature(features[name]).stats;
};

host.loadQueries = host.loadStat = (_context, name) => {
  throw new BrowserslistError(`\`${name}\` cannot be loaded: there are no packages of queries or statistics here.`);
};

host.loadCountry = (_usage, place) => {
  throw new BrowserslistError(`There is no usage data by country or continent here, such as of \`${place}\`.`);
};

// The queries that an option gives, or those that stand for no preference.
export function browsersOf(queries) {
  return queries?.length ? queries : browserslist.defaults;
}
