// Style sheets that the page's script names, so that the build finds them.

declare module '*.css' {}
