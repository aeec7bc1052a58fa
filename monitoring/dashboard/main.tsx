/** Where the page begins. */

import { render } from "preact";
import { App } from "./app.tsx";
import { startClock } from "./clock.ts";
import { startKeyboard } from "./keyboard.ts";
import { startLive } from "./live.ts";
import { startRouter } from "./router.ts";
import { startTheme } from "./theme.ts";
import "./dashboard.css";

startTheme();
startClock();
startRouter();
startKeyboard();
startLive();

const root = document.querySelector("#app");
if (root !== null) render(<App />, root);
