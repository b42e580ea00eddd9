import { begin } from "./app/early";
import "./styles.css";

const begun = begin(location);
// The larger part of the program: what draws.
void import("./app/render").then(({ render }) => render(begun));
