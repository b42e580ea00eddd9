import { begin } from "./app/early";
import "./styles.css";

begin(location);
// The larger part of the program: what draws.
void import("./app/render");
