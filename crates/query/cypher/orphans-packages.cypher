MATCH (package:GitLabPackage {package_type: 'helm'})
RETURN DISTINCT package.name + '-' + package.version AS chart
ORDER BY chart
