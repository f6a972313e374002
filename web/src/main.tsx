import { render } from "preact";

import "uplot/dist/uPlot.min.css";
import "./style/base.css";
import "./style/overview.css";
import "./style/games.css";
import "./style/viewer.css";
import "./style/cluster.css";
import "./style/map.css";
import "./style/pairing.css";

import { App } from "./app.tsx";
import { takeLogin } from "./session.ts";
import { applyTheme, storedTheme } from "./theme.ts";

applyTheme(storedTheme());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => applyTheme(storedTheme()));

const root = document.getElementById("app");
if (root) void takeLogin().then(() => render(<App />, root));
